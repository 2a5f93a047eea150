import EventContract
import KafkaClient
import Logging
import ServiceLifecycle
import ServiceRuntime
import Synchronization
import TestSupport
import Testing

@testable import Consumer

/// Whether the outboxes that know it work.
private final class Outage: Sendable {
    private let state = Mutex(false)

    var isOn: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    func check() throws(StateError) {
        if isOn { throw .unavailable(place: "here", reason: "an outage") }
    }
}

/// An outbox that can be read unless there is an outage.
private final class FragileOutbox: OutboxDatabase {
    private let base: any OutboxDatabase
    private let outage: Outage

    init(_ base: any OutboxDatabase, _ outage: Outage) {
        self.base = base
        self.outage = outage
    }

    func snapshot(_ body: () throws(StateError) -> Void) throws(StateError) {
        try outage.check()
        try base.snapshot(body)
    }

    func rows(_ sql: String, _ parameters: [FactValue], size: ResultSize) throws(StateError) -> any StateRows {
        try base.rows(sql, parameters, size: size)
    }

    func rowsAlone(
        _ sql: String, _ parameters: [FactValue], _ body: (any StateRows) throws(StateError) -> Void
    ) throws(StateError) {
        try base.rowsAlone(sql, parameters, body)
    }

    func write(_ sql: String, _ parameters: [[FactValue]]) throws(StateError) -> Int {
        try base.write(sql, parameters)
    }

    func transaction<Result>(_ body: () throws(StateError) -> Result) throws(StateError) -> Result {
        try base.transaction(body)
    }
}

@Suite("What the change stream says of its failures")
struct StreamServiceTests {
    private static let message = "The outbox of the state topic cannot be worked off; trying again"

    private static func text(_ status: StreamStatus) -> String {
        var json = JSONOutput()
        json.openObject()
        status.write("topic", to: &json)
        json.closeObject()
        return json.text
    }

    @Test("An outbox that fails shows until it works, with nothing to publish too, and each outage is logged")
    func outages() async throws {
        let state = try TemporaryState()
        try state.store(stream: true).prepare()
        let (outage, log, metrics) = (Outage(), LogLines(), StreamMetrics(MetricsRegistry()))
        let logger = LogOutput(format: .json, level: .info, write: { log.append($0) }).logger("test")
        let publisher = StreamPublisher(
            holder: "a", groupsKey: "groups", metrics: metrics, logger: logger,
            open: { [location = state.location] () throws(StateError) in
                FragileOutbox(try location.outboxDatabase(), outage)
            },
            publish: { records in records.map { _ -> PublishError? in nil } })
        let service = StreamService(publisher: publisher, status: metrics.status, logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [service], logger: Logger(label: "test")))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for count in 1...2 {
                outage.isOn = true
                try await eventually(within: .seconds(20), "outage \(count) shows") {
                    Self.text(metrics.status).contains("an outage") && log.count(of: Self.message) == count
                }
                outage.isOn = false
                try await eventually(within: .seconds(20), "outage \(count) is over") {
                    !Self.text(metrics.status).contains("failure")
                }
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(log.count(of: Self.message) == 2)
    }

    @Test("A failure of the topic stays while the outbox fails and recovers")
    func topicFailure() {
        let status = StreamStatus()
        #expect(status.topicFailed("too large"))
        #expect(status.outboxFailed("locked"))
        #expect(Self.text(status).contains("locked"))
        status.outboxRecovered()
        #expect(Self.text(status).contains("too large"))
        #expect(!status.topicFailed("too large"), "the same as before")
        status.topicRecovered()
        #expect(!Self.text(status).contains("failure"))
        #expect(status.topicFailed("too large"), "it is told again")
    }
}
