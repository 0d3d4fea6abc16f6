/** The published Python services, imitated. */
export type { Document } from "./Exchange.ts"
export {
  type PublishedExchange,
  type PublishedServices,
  type PublishedServicesOptions,
  startPublishedServices,
} from "./PublishedServices.ts"
