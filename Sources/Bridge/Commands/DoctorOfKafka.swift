import EventContract
import KafkaClient
import Logging
import ServiceRuntime
import ZitadelClient

/// What `doctor` asks Kafka.
struct DoctorOfKafka {
    /// For each question to the brokers.
    private static let timeout = Duration.seconds(5)

    private let configuration: BridgeConfiguration
    private let logger: Logger

    init(_ configuration: BridgeConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// - Returns: also the doctor of cursors, when their topic is there.
    func findings() async -> ([DoctorFinding], DoctorOfCursors?) {
        do throws(KafkaConfigurationError) {
            return await findings(try KafkaProducer(configuration.kafka, logger: logger, observer: nil))
        } catch {
            let fix = "Correct the KAFKA_… setting of this property."
            return ([.fail("kafka", Advice("librdkafka refuses the settings: \(error)", fix: fix))], nil)
        }
    }

    private func findings(_ producer: KafkaProducer) async -> ([DoctorFinding], DoctorOfCursors?) {
        let admin = KafkaAdmin(producer.handle, logger: logger)
        let cursorTopic = configuration.polling.cursorTopic
        do throws(KafkaAdminError) {
            let events = WantedTopic.events(configuration.topic)
            var findings = Self.findings(events, try await admin.review(events, timeout: Self.timeout))
            findings.insert(.ok("kafka", "the brokers answer"), at: 0)
            guard configuration.polls else { return (findings, nil) }
            let wanted = CursorTopic.wanted(cursorTopic)
            let review = try await admin.review(wanted, timeout: Self.timeout)
            findings += Self.findings(wanted, review)
            return (findings, review == nil ? nil : DoctorOfCursors(configuration, logger: logger))
        } catch {
            return ([.fail("kafka", KafkaNotReady(error: error).advice)], nil)
        }
    }

    static func findings(_ wanted: WantedTopic, _ review: TopicReview?) -> [DoctorFinding] {
        let check = "topic \(wanted.name)"
        guard let review else {
            return [
                .warn(
                    check,
                    Advice("missing", fix: "`run` creates it when it may; or create it as docs/operations.md shows."))
            ]
        }
        let problems = review.problems.filter { $0.severity == .warning }.map { problem in
            DoctorFinding.warn(
                check, Advice("\(problem.setting)=\(problem.found): \(problem.consequence)", fix: problem.fix))
        }
        guard problems.isEmpty else { return problems }
        let settings = review.isComplete ? "its settings keep the promises" : "the brokers do not tell its settings"
        return [.ok(check, "partitions: \(review.description.partitions); \(settings)")]
    }
}

/// Looks at the stored poll cursor.
struct DoctorOfCursors {
    private let configuration: BridgeConfiguration
    private let logger: Logger

    init(_ configuration: BridgeConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// - Parameters:
    ///   - instance: whose cursor it is; nil when that is not known.
    ///   - now: microseconds since 1970.
    func finding(_ instance: ZitadelInstance?, at now: Int64) async -> DoctorFinding {
        guard let id = instance?.id ?? configuration.instanceID else {
            return .ok("cursor", "not looked at: the instance is not known")
        }
        let key = CursorKeys(instanceID: id, topic: configuration.topic).cursor
        do {
            let stored = try StoredCursors(
                configuration.kafka, topic: configuration.polling.cursorTopic, wanted: [key], logger: logger)
            return finding(try await stored.cursor(key), at: now)
        } catch let error as StoredCursorError {
            return .fail("cursor", error.advice)
        } catch {
            return .fail("cursor", Advice("\(error)", fix: "Correct KAFKA_CURSOR_TOPIC."))
        }
    }

    private func finding(_ cursor: PollCursor?, at now: Int64) -> DoctorFinding {
        var status = PollStatus()
        status.cursor = cursor ?? PollCursor()
        guard let oldest = status.oldestCursor else {
            return .ok("cursor", "none for some event types: their whole history is read next")
        }
        let age = (now - oldest.microsecondsSinceEpoch) / 1_000_000
        let expected = (configuration.polling.interval * 2 + configuration.polling.overlap).components.seconds
        let words = "everything up to \(oldest) is in the topic"
        guard age > expected + 60 else { return .ok("cursor", words) }
        return .warn(
            "cursor",
            Advice(
                "\(words), which is \(ProgressConsole.duration(Int(age))) ago: nobody polls, or polls fail",
                fix: "Start `zitadel-bridge run`, or see its last poll with `zitadel-bridge status`."))
    }
}
