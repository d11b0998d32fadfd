// Package lockout stands before an Authenticator, and keeps guessing from being worth while.
//
//   - One user from one address: after some failures that pair is locked for a while. No login of it is looked at,
//     right or wrong. A login that is right before that forgets the failures.
//   - One address, where many users fail: it is locked, for all users. Not the addresses of this machine, as all its
//     programs and all clients of a proxy on it share them.
//   - One user, from many addresses: his logins with a password are looked at more slowly, at most a second later.
//     He is never locked, or anybody anywhere could lock anybody out.
//
// All of it fades by itself. What is kept has a bounded size, and no names are in it.
package lockout
