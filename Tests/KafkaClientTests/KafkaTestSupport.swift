import Glibc
import KafkaClient
import KafkaMockCluster
import Logging
import Synchronization
import TestSupport

/// Counts the reports of the records it was given for.
final class CountingReceiver: DeliveryReceiver {
    let reports: ReportCount
    init(_ reports: ReportCount) {
        self.reports = reports
        super.init()
    }

    override func recordDelivered(_ failure: PublishError?) { reports.add(failure) }
}

final class ReportCount: Sendable {
    private let outcomes = Mutex<[PublishError?]>([])
    func add(_ failure: PublishError?) { outcomes.withLock { $0.append(failure) } }
    var all: [PublishError?] { outcomes.withLock { $0 } }
    var count: Int { outcomes.withLock { $0.count } }
    var failures: [PublishError] { all.compactMap { $0 } }
}

/// Keeps log lines for a test to read.
struct RecordingLog: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
        lines.add("\(event.level) \(event.message) \(event.metadata ?? [:])")
    }
}

final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    func count(containing text: String) -> Int { lines.withLock { $0.count { $0.contains(text) } } }
    var all: [String] { lines.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in RecordingLog(lines: self) } }
}

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

extension KafkaConfiguration {
    init(_ cluster: KafkaMockCluster, _ properties: [(name: String, value: String)] = []) {
        self.init(bootstrapServers: cluster.bootstrapServers, clientID: "test", properties: properties)
    }
}

extension KafkaProducer {
    convenience init(
        _ cluster: KafkaMockCluster, _ properties: [(name: String, value: String)] = [], logger: Logger = .silent
    ) throws {
        try self.init(KafkaConfiguration(cluster, properties), logger: logger, observer: nil)
    }

    /// Publishes text without headers, or a tombstone.
    func produce(_ text: String?, to topic: KafkaTopic, key: String = "k", _ receiver: DeliveryReceiver) throws {
        var failure: PublishError?
        Array(key.utf8).withUnsafeBytes { key in
            Array((text ?? "").utf8).withUnsafeBytes { value in
                let value = text == nil ? UnsafeRawBufferPointer(start: nil, count: 0) : value
                do throws(PublishError) {
                    try produce(
                        to: topic, key: key, value: value, headers: KafkaHeaders(capacity: 0), receiver: receiver)
                } catch { failure = error }
            }
        }
        if let failure { throw failure }
    }

    /// Serves events until as many reports have come.
    func serve(until count: Int, _ reports: ReportCount, within timeout: Duration = .seconds(10)) async throws {
        try await eventually(within: timeout, "\(count) reports, not \(reports.count)") {
            serveEvents()
            return reports.count >= count
        }
    }
}

/// A record as a test compares it.
struct SeenRecord: Equatable {
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [String: [UInt8]] = [:]
    var partition: Int32 = 0
    var offset: Int64 = 0

    init(_ record: ConsumedRecord) {
        key = record.key.map { [UInt8]($0) }
        value = record.value.map { [UInt8]($0) }
        partition = record.partition
        offset = record.offset
        var headers: [String: [UInt8]] = [:]
        record.forEachHeader { headers[$0] = [UInt8]($1) }
        self.headers = headers
    }

    var text: String { String(decoding: value ?? [], as: UTF8.self) }
}

/// The events of one member of an election, in order.
final class EventLog: Sendable {
    private let seen = Mutex<[KafkaElection.Event]>([])
    func add(_ event: KafkaElection.Event) { seen.withLock { $0.append(event) } }
    var events: [KafkaElection.Event] { seen.withLock { $0 } }
}

/// How many threads of this process have a name that begins so.
func threadCount(named name: String) -> Int {
    guard let directory = opendir("/proc/self/task") else { return -1 }
    defer { closedir(directory) }
    var count = 0
    while let entry = readdir(directory) {
        let id = withUnsafeBytes(of: entry.pointee.d_name) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard let file = fopen("/proc/self/task/\(id)/comm", "r") else { continue }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 64)
        guard fgets(&line, 64, file) != nil else { continue }
        if line.withUnsafeBufferPointer({ String(cString: $0.baseAddress!) }).hasPrefix(name) { count += 1 }
    }
    return count
}
