// Package selector decides what a message must be to concern a receiver.
//
// A [Pattern] looks at the subject that a message was sent to: a topic's
// bindings are patterns. A [Table] holds many of them, and finds those that
// match a subject without trying each.
//
//	orders.*.placed     matches orders.eu.placed, not orders.placed
//	orders.>            matches orders.eu and orders.eu.placed, not orders
//
// Selectors that look at a message's properties, with the subset of SQL-92
// conditional expressions that JMS defines, have their place here as well.
package selector
