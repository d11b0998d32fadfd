package wire

import "testing"

func BenchmarkSendMessageJSON(b *testing.B) {
	in := []byte(`{"QueueUrl":"http://localhost:9324/000000000000/orders","MessageBody":"{\"order\":12345,\"customer\":\"ACME & Sons\",\"total\":\"99.95\"}","MessageAttributes":{"kind":{"DataType":"String","StringValue":"order"}}}`)
	out := make([]byte, 0, 1024)
	sent := &Sent{MessageID: "01890a5d-ac96-774b-bcce-b302099a8057", MD5OfBody: "6e2baaf3b97dbeef01c0043275f9a0e7", MD5OfAttributes: "6e2baaf3b97dbeef01c0043275f9a0e7"}
	b.ReportAllocs()
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		var r SendMessage
		if err := DecodeJSON(in, &r); err != nil {
			b.Fatal(err)
		}
		out = AppendJSON(out[:0], sent)
	}
}

func BenchmarkSendMessageQuery(b *testing.B) {
	in := "Action=SendMessage&QueueUrl=http%3A%2F%2Flocalhost%3A9324%2F000000000000%2Forders&MessageBody=%7B%22order%22%3A12345%2C%22customer%22%3A%22ACME+%26+Sons%22%7D&MessageAttribute.1.Name=kind&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=order&Version=2012-11-05"
	out := make([]byte, 0, 1024)
	sent := &Sent{MessageID: "01890a5d-ac96-774b-bcce-b302099a8057", MD5OfBody: "6e2baaf3b97dbeef01c0043275f9a0e7"}
	b.ReportAllocs()
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		q, err := ParseQuery("", in)
		if err != nil {
			b.Fatal(err)
		}
		var r SendMessage
		if err := q.Decode(&r); err != nil {
			b.Fatal(err)
		}
		out = AppendXML(out[:0], "SendMessage", sent, "01890a5d-ac96-774b-bcce-b302099a8057")
	}
}
