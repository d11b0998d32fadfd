// Package bucket keeps payloads in Amazon S3, or in what speaks its protocol.
package bucket
