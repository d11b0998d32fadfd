// Package door counts the connections of a gateway, all of them and those from each address,
// and says which are too many.
package door
