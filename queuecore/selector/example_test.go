package selector_test

import (
	"fmt"

	"github.com/sluicemq/sluice/queuecore/selector"
)

func ExampleCompile() {
	s, err := selector.Compile("JMSType = 'car' AND color = 'blue' AND weight > 2500", selector.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	car := message{"JMSType": selector.String("car"), "color": selector.String("blue"), "weight": selector.Int(2600)}
	fmt.Println(s.Match(car), s.Match(message{"JMSType": selector.String("car")}))
	fmt.Println(s.Names(), s.HeadersOnly())
	// Output:
	// true false
	// [JMSType color weight] false
}

func ExampleCompile_error() {
	_, err := selector.Compile("color = 'blue' AND weight => 2500", selector.Options{})
	fmt.Println(err)
	_, err = selector.Compile("JMSReplyTo IS NULL AND 1 = 1", selector.Options{})
	fmt.Println(err)
	// Output:
	// invalid selector: at offset 27: found ">", expected a name, a value or (
	// invalid selector: at offset 0: found "JMSReplyTo", expected JMSDeliveryMode, JMSPriority, JMSMessageID, JMSTimestamp, JMSCorrelationID, JMSType, a name that begins with JMSX or JMS_, or one that does not begin with JMS
}

// In STOMP every property is a string.
func ExampleOptions() {
	m := message{"retry-count": selector.String("12")}
	s, err := selector.Compile("retry-count > 9", selector.Options{Convert: true, Hyphens: true})
	fmt.Println(s.Match(m), err)
	fmt.Println(s)
	// Output:
	// true <nil>
	// convert_string_expressions:hyphenated_props:retry-count > 9
}

func ExampleSelector_Eval() {
	for _, text := range []string{"size > 1", "NOT size > 1", "size IS NULL", "size IS NOT NULL"} {
		s, _ := selector.Compile(text, selector.Options{})
		truth, err := s.Eval(message{})
		fmt.Println(text, truth, err)
	}
	// Output:
	// size > 1 unknown <nil>
	// NOT size > 1 unknown <nil>
	// size IS NULL true <nil>
	// size IS NOT NULL false <nil>
}
