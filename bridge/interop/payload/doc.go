// Package payload has the tests of bodies that lie in S3: unmodified clients of three dialects,
// a house and an S3-compatible server on this machine.
package payload
