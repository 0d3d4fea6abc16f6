// `framedb/s3`: apart from the rest, because the client of S3 takes long to load.
export * from "@framedb/s3"
