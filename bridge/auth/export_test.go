package auth

import "github.com/sluicemq/sluice/protocols"

// Ask returns somebody who may do what a grant says.
func Ask(g Grant) protocols.Principal { return newPrincipal("x", "", g) }
