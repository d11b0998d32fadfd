// Package config turns a file, the environment and the command line into one
// checked [Config].
//
// Every setting has one name, spelled in three ways: the key stomp_addr of the
// YAML file is --stomp-addr on the command line and SLUICE_STOMP_ADDR in the
// environment. The command line wins over the environment, the environment over
// the file, and the file over the defaults. A setting that nobody knows and a value
// that makes no sense are errors that name the key and where it stands: a server that
// starts with half of what it was told is worse than one that does not start.
package config
