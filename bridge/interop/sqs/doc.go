// Package sqs has unmodified SQS clients judge the SQS gateway: SDKs, command lines and
// the libraries that stand on them. It holds tests alone; see the README above.
package sqs
