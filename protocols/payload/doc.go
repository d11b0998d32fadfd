// Package payload is what the gateways share about messages whose body lies in S3: how
// one is opened on its way to a consumer, and when it is tried again.
package payload
