// Package coretest holds what the core is proven with: conversations with the
// machine, and the dumb twin that a broker is compared with under random
// operations. Only tests import it.
package coretest
