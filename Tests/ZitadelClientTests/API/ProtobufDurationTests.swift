import Testing

@testable import ZitadelClient

@Suite("Protobuf durations")
struct ProtobufDurationTests {
    @Test(
        "Both directions agree",
        arguments: [(5000, "5s"), (1500, "1.500s"), (7, "0.007s"), (270_000, "270s")] as [(Int64, String)])
    func roundTrip(_ milliseconds: Int64, _ text: String) {
        #expect(ProtobufDuration.text(milliseconds: milliseconds) == text)
        #expect(ProtobufDuration.milliseconds(text) == milliseconds)
    }

    @Test("Every number of digits is read, those below a millisecond are cut")
    func digits() {
        #expect(ProtobufDuration.milliseconds("1.5s") == 1500)
        #expect(ProtobufDuration.milliseconds("1.50s") == 1500)
        #expect(ProtobufDuration.milliseconds("1.000999999s") == 1000)
        #expect(ProtobufDuration.milliseconds("315576000000s") == 315_576_000_000_000)
    }

    @Test(
        "What is no duration is nil",
        arguments: [
            "", "s", "5", "5m", "-5s", "+5s", ".5s", "5.s", "1.2.3s", "315576000001s", "99999999999999999999s", " 5s",
        ])
    func notDurations(_ text: String) {
        #expect(ProtobufDuration.milliseconds(text) == nil)
    }
}
