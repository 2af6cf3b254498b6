// Command ingest reads platforms into Kafka.
package main

func main() {}
