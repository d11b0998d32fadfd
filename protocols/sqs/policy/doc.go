// Package policy reads the policy of a queue, which is a resource-based policy of IAM,
// and says what it decides about a request. It is pure: what is known of a request is
// handed in.
//
// A [Policy] is asked with [Policy.Decide], and answers with one of four effects. Who asks
// joins that with what he may do without any policy:
//
//	             a statement that applies denies ────► Denies     nobody may
//	Request ──►  one names him, or everybody     ────► Allows     he may, whatever else he may do
//	             one names his account alone     ────► Delegates  he may what his account lets him do
//	             none applies                    ────► Silent     likewise, within the queue's own account
//
// What cannot be judged here is on the safe side: a statement that allows does not apply
// when one of its conditions is not understood, and a statement that denies does.
//
// IAM user guide, "IAM JSON policy elements reference" and "Policy evaluation logic".
package policy
