import EventContract
import KafkaClient
import ServiceRuntime
import Testing

@testable import Bridge

@Suite("What commands print")
struct CommandOutputTests {
    private var report: PollReport {
        var report = PollReport(path: .poll, cursor: PollCursor(), startedAt: 0)
        report.durationMicroseconds = 1_460_000
        report.eventsRead = 41
        report.published = 39
        report.duplicates = 1
        return report
    }

    @Test("A poll without trouble is two lines")
    func summary() {
        #expect(
            PollSummary(report).text == """
                poll complete after 1.5 s: 41 events read, 39 published, 1 already there
                everything up to no time yet is in the topic, except what is held

                """)
    }

    @Test("A backfill says how much of its time was Zitadel's")
    func backfillSummary() {
        var report = PollReport(path: .backfill, cursor: PollCursor(), startedAt: 0)
        report.durationMicroseconds = 2_000_000
        report.waitedMicroseconds = 1_560_000
        let summary = PollSummary(report)
        #expect(summary.text.hasSuffix("\nZitadel's answers were waited for during 78 % of the time\n"))
        #expect(summary.json.contains("\"duration_ms\":2000,\"waited_for_zitadel_ms\":1560,"))
    }

    @Test("A failed poll says so, and held events are named with their reason")
    func heldSummary() {
        var report = report
        report.failure = .kafka(.timedOut)
        report.hold(
            HeldEvent(
                id: UTF8Text("usergrant/1/2"), type: UTF8Text("user.grant.changed"), createdAt: .epoch,
                reason: .refused(.recordTooLarge)))
        let text = PollSummary(report).text
        #expect(text.hasPrefix("poll not complete after 1.5 s") && text.contains(", 1 held"))
        #expect(text.contains("! held until the next poll: usergrant/1/2, Kafka refuses the record"))
    }

    @Test("A dry run lists types in order, and their sum")
    func dryRun() {
        let count = BackfillCount(report: report, types: ["user.removed": 7, "org.added": 12])
        #expect(count.text.hasPrefix("12  org.added\n 7  user.removed\n19  events"))
        #expect(
            count.json == "{\"dry_run\":true,\"complete\":true,\"events\":19,\"malformed\":0,"
                + "\"types\":{\"org.added\":12,\"user.removed\":7}}\n")
    }

    @Test("A finding is a line with its fix below, and any failure makes the whole fail")
    func findings() {
        let good = [DoctorFinding.ok("kafka", "answers"), .warn("version", Advice("old", fix: "Upgrade."))]
        #expect(good.text == "ok    kafka    answers\nwarn  version  old\n      fix: Upgrade.\n")
        #expect(good.isGood && !(good + [.fail("token", Advice("no", fix: "Set it."))]).isGood)
        #expect(good.json.hasPrefix("{\"ok\":true,\"checks\":[{\"level\":\"ok\",\"check\":\"kafka\""))
    }

    @Test(
        "Each answer of the endpoint has its meaning",
        arguments: [
            (204, DoctorFinding.Level.ok), (401, .fail), (403, .fail), (404, .fail), (503, .warn), (200, .fail),
        ])
    func endpoint(_ status: Int, _ level: DoctorFinding.Level) {
        #expect(EndpointProbe.finding(status, "http://bridge").level == level)
    }

    @Test("The probe is an event of the instance, of a type outside the catalogue")
    func probe() throws {
        let body = EndpointProbe.body(instanceID: "290", at: 1_767_323_045_000_000)
        var event = ZitadelEvent()
        var scanner = JSONScanner()
        try body.withUnsafeBytes { bytes in
            try event.read(webhook: bytes, using: &scanner)
            #expect(event.instanceID?.text == UTF8Text("290"))
            let type = event.type.text
            #expect(type.bytes.withUnsafeBytes { Catalogue.row(forEvent: $0) == nil })
        }
    }

    @Test(
        "A listener of every address is asked on this machine",
        arguments: [
            ("0.0.0.0:9094", "127.0.0.1:9094"), ("[::]:9094", "[::1]:9094"), ("10.0.0.7:1", "10.0.0.7:1"),
        ])
    func reachable(_ listen: String, _ asked: String) throws {
        #expect(try #require(SocketAddress(listen)).reachableHere.description == asked)
    }
}
