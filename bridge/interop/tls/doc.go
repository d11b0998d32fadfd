// Package tls has SDKs and client libraries of Go, Python, Node and Java connect to a house in TLS: its certificate
// is of a private CA, which they are told of in their own ways, and they log in by what their dialect has or by a certificate of
// their own. Each of them is also not told of the CA, and must then refuse the house.
package tls
