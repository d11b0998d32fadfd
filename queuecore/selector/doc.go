// Package selector decides what a message must be to concern a receiver: by where
// it was sent, and by what it says of itself.
//
// A [Pattern] looks at the subject that a message was sent to: a topic's
// bindings are patterns. A [Table] holds many of them, and finds those that
// match a subject without trying each.
//
//	orders.*.placed     matches orders.eu.placed, not orders.placed
//	orders.>            matches orders.eu and orders.eu.placed, not orders
//
// A [Selector] looks at a message's header fields and properties, in the language
// of Jakarta Messaging 3.1, section 3.8.1, which is a subset of SQL-92's
// conditions. [Compile] reads one; it sees a message as [Fields].
//
//	JMSType = 'car' AND color = 'blue' AND weight > 2500
//	age NOT BETWEEN 15 AND 19 OR (age + 1) * 2 <> 40
//	Country IN ('UK', 'US') AND phone LIKE '12%3'
//	name LIKE '!_%' ESCAPE '!' AND NOT (urgent OR JMSPriority >= 7)
//	prop IS NULL
//
// A condition is true, false or unknown, which is what comes of a null; only true
// matches. STOMP's headers are all strings and may have hyphens in their names:
// for these there are [Options], or the prefixes that ActiveMQ and Artemis know.
//
//	convert_string_expressions:retries > 9
//	hyphenated_props:content-type = 'text/plain'
//
// A selector that is wrong is refused when it is compiled, with the place, what
// stands there and what should. What one may cost is bounded by [Limits].
package selector
