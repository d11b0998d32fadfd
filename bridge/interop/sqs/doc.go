// Package sqs lets unmodified SQS clients judge the gateway: SDKs, and what others
// have built upon them. There is nothing to import here but tests; ../README.md says how to run them.
package sqs
