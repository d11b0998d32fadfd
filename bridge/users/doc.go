// Package users keeps the file that the setting users_file names: who may use the server, in
// all dialects.
//
// [Store] has a server's identities follow it, and [Edit] is how "sluice user" changes it. What
// may stand in it is in bridge/config (ParseUsers), what passwords and keys are worth in bridge/auth.
package users
