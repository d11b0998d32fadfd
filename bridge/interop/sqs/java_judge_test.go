package sqs_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/interop/driver"
)

// TestJava lets the AWS SDK for Java, the SQS JMS library and the SQS extended client
// loose on a house. What a scenario claims is in its Java source; here are the crossings to
// other dialects, which no Java client sees.
func TestJava(t *testing.T) {
	s := openJavaSuite(t)
	t.Logf("%s with %s", s.hello.Language, strings.Join(s.libraries(), ", "))
	t.Run("scenarios", s.testScenarios)
	t.Run("JMS to others", s.testFromJMS)
	t.Run("others to JMS", s.testToJMS)
	t.Run("conversations", s.testConversations)
	t.Run("pointers", s.testPointers)
}

// libraries are those that the judge's scenarios are about.
func (s *javaSuite) libraries() []string {
	return slices.Compact(slices.Sorted(maps.Values(s.hello.Clients)))
}

// testScenarios runs every scenario that the judge has.
func (s *javaSuite) testScenarios(t *testing.T) {
	if len(s.hello.Clients) == 0 {
		t.Fatal("the judge has no scenario")
	}
	for _, name := range slices.Sorted(maps.Keys(s.hello.Clients)) {
		t.Run(name, func(t *testing.T) {
			if _, err := s.judge.Call(t.Context(), driver.Request{Do: name}, javaPatience); err != nil {
				t.Error(err)
			}
		})
	}
}
