// Package golang is the driver for Go: aws-sdk-go-v2, go-stomp and nats.go.
package golang
