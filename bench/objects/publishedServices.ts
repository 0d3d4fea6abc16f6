/** The published services in a process of their own: told their instances as an argument, tells its URL, ends with its parent. */
import { type PublishedServicesOptions, startPublishedServices } from "@framedb/testing"

// What the parent writes, in JSON.
const services = await startPublishedServices(JSON.parse(process.argv[2] ?? "{}") as PublishedServicesOptions)
// A long run would keep every request.
setInterval(() => services.takeRequests(), 1000).unref()
process.on("disconnect", () => process.exit())
process.send?.(services.url)
