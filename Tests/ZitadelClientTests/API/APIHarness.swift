import Logging
import Synchronization
import ZitadelClient

/// A client of a scripted server, with what it was seen to do.
struct APIHarness {
    static let token = "pat-SECRET-0123456789"

    let api: ZitadelAPI
    let observer = RequestLog()
    let pauses = PauseLog()
    let logs = LogLines()

    init(
        _ url: String, token: String? = Self.token, instanceHost: String? = nil,
        transport: HTTPTransport = HTTPTransport(certificates: nil), retry: RetryPolicy = RetryPolicy()
    ) throws {
        let configuration = try ZitadelAPIConfiguration(
            baseURL: ZitadelBaseURL(url), token: token.map { SecretText($0) }, instanceHost: instanceHost,
            userAgent: "zitadel-bridge/test")
        let (pauses, logs) = (pauses, logs)
        api = ZitadelAPI(
            configuration, transport: transport, observer: observer,
            logger: Logger(label: "api") { _ in logs.handler }, retry: retry, sleep: { pauses.append($0) })
    }

    init(_ server: ScriptedServer) throws {
        try self.init(server.url)
    }
}

/// Instead of sleeping.
final class PauseLog: Sendable {
    private let pauses = Mutex<[Duration]>([])
    var all: [Duration] { pauses.withLock { $0 } }

    func append(_ pause: Duration) { pauses.withLock { $0.append(pause) } }
}

final class RequestLog: ZitadelAPIObserver {
    struct Entry: Equatable {
        let operation: ZitadelOperation
        let outcome: ZitadelRequestOutcome
    }

    private let entries = Mutex<[Entry]>([])
    var all: [Entry] { entries.withLock { $0 } }

    func requestEnded(_ operation: ZitadelOperation, _ outcome: ZitadelRequestOutcome, after: Duration) {
        entries.withLock { $0.append(Entry(operation: operation, outcome: outcome)) }
    }
}

/// Every log line with its metadata.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    var handler: any LogHandler { Handler(lines: self) }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let line = "\(event.level) \(event.message) \(event.metadata ?? [:])"
            lines.lines.withLock { $0.append(line) }
        }
    }
}

/// What a call threw; nil when it threw nothing of the kind.
func failure(_ body: () async throws -> some Any) async -> ZitadelAPIError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? ZitadelAPIError
    }
}
