// Package coretest holds what the core is proven with: conversations with the
// machine, the dumb twin that a broker is compared with under random operations,
// and the rig that kills a real process. Only tests import it.
package coretest
