/** Makes ioredis clients, with every default that would hang or lie set on purpose. */
import * as Redacted from "effect/Redacted"
import {
  Cluster,
  type ClusterOptions,
  type DNSLookupFunction,
  type RedisOptions as DriverOptions,
  Redis,
} from "ioredis"
import { replyCode } from "./classify.ts"
import type { RedisSettings, RedisTlsOptions } from "./RedisOptions.ts"
import type { RedisTopology } from "./RedisTopology.ts"
import type { RedisAddress } from "./RedisUrl.ts"

/** A client of the driver: of one server, of the master behind sentinels, or of a cluster. */
export type Driver = Redis | Cluster

/** How long a closing connection waits for the server's goodbye before it is cut, in milliseconds. */
export const disconnectTimeoutMillis = 100

/** A node's stream is cut later than the command's own deadline, so that the command says `Timeout`. */
const stallMarginMillis = 250

/** How often a cluster's map of slots is read again, in milliseconds; redirections correct it in between. */
const slotsRefreshMillis = 15_000

const tlsOf = (options: RedisTlsOptions = {}) => {
  const { key, required: _, ...rest } = options
  return { ...rest, ...(key === undefined ? {} : { key: Redacted.value(key) }) }
}

/** A URL may ask for TLS where the application does not, never for less than the application. */
const usesTls = (address: RedisAddress, settings: RedisSettings): boolean =>
  address.tls || settings.tls?.required === true

const connectionOptions = (address: RedisAddress, settings: RedisSettings) =>
  ({
    db: address.database,
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: Redacted.value(address.password) }),
    ...(usesTls(address, settings) ? { tls: tlsOf(settings.tls) } : {}),
    // Connecting is asked for, awaited, and repeated by `RedisClient`, which knows when to stop.
    lazyConnect: true,
    // What was in flight when a connection went may have been applied: it fails, and is never sent again by the driver.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    connectTimeout: settings.connectTimeoutMillis,
    disconnectTimeout: disconnectTimeoutMillis,
    // `commandTimeout` and `socketTimeout` stay unset: they cost a timer or two a command (6 % of a GET on loopback).
    // `Deadlines` keeps the time with one, and `RedisClient` drops a connection that answers nothing.
    // After a failover the connection leads to a replica, and a new one to the master.
    reconnectOnError: (error: Error) => replyCode(error) === "READONLY",
    // A server that loads says so to each command; waiting for it here would hide that behind a deadline.
    enableReadyCheck: false,
  }) satisfies DriverOptions

const singleOptions = (address: RedisAddress, settings: RedisSettings) =>
  ({
    ...connectionOptions(address, settings),
    // While there is no connection, a command fails at once instead of waiting in a queue.
    enableOfflineQueue: false,
    retryStrategy: () => null,
  }) satisfies DriverOptions

const sentinelOptions = (address: RedisAddress, settings: RedisSettings) =>
  ({
    ...(settings.sentinelUsername === undefined ? {} : { sentinelUsername: settings.sentinelUsername }),
    ...(settings.sentinelPassword === undefined ? {} : { sentinelPassword: Redacted.value(settings.sentinelPassword) }),
    ...(usesTls(address, settings) ? { enableTLSForSentinelMode: true, sentinelTLS: tlsOf(settings.tls) } : {}),
    sentinelCommandTimeout: settings.connectTimeoutMillis,
    sentinelRetryStrategy: () => null,
    // Here INFO is what tells a master from a replica that a sentinel still took for one.
    enableReadyCheck: true,
    // The driver does not cancel this wait when it is closed, so it is short.
    maxLoadingRetryTime: disconnectTimeoutMillis,
  }) satisfies DriverOptions

const keepName: DNSLookupFunction = (name, callback) => callback(null, name)

const clusterOptions = (address: RedisAddress, settings: RedisSettings) =>
  ({
    lazyConnect: true,
    // A connection to a node is made when a command first needs it, and the command waits for that; `Deadlines` and
    // `connectTimeout` bound the wait.
    enableOfflineQueue: true,
    clusterRetryStrategy: () => null,
    // A command whose connection went may have been applied: the cluster client would send it again.
    retryDelayOnFailover: 0,
    slotsRefreshTimeout: settings.connectTimeoutMillis,
    slotsRefreshInterval: slotsRefreshMillis,
    // With TLS the names have to stay as they are: certificates are issued for them.
    ...(usesTls(address, settings) ? { dnsLookup: keepName } : {}),
    redisOptions: {
      ...connectionOptions(address, settings),
      // Only the driver knows which node it waits for: a node's stream on which nothing arrives is dead.
      socketTimeout: settings.commandTimeoutMillis + stallMarginMillis,
    },
  }) satisfies ClusterOptions

/** Makes a client that does nothing before `connect`. Whoever makes it listens to `error` and disconnects it. */
export const makeDriver = (address: RedisAddress, topology: RedisTopology, settings: RedisSettings): Driver => {
  switch (topology.kind) {
    case "single":
      return new Redis({ ...singleOptions(address, settings), host: address.host, port: address.port })
    case "sentinel":
      return new Redis({
        ...singleOptions(address, settings),
        ...sentinelOptions(address, settings),
        name: topology.name,
        sentinels: [...topology.sentinels],
      })
    case "cluster":
      return new Cluster([...topology.nodes], clusterOptions(address, settings))
  }
}
