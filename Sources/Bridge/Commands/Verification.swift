import EventContract
import ServiceRuntime
import ZitadelClient

/// What the bridge thinks of one captured request, check by check. Shows nothing of the payload.
struct Verification: Sendable {
    struct Finding: Equatable, Sendable {
        let check: String
        let isGood: Bool
        let words: String
    }

    /// A captured request and what to hold against it.
    struct Request: Sendable {
        var body: [UInt8]
        /// The value of `ZITADEL-Signature`; nil when there was none.
        var header: String?
        var keys: [String]
        /// Seconds.
        var tolerance: Int64
        /// Unix seconds.
        var now: Int64
        var instanceID: String?
    }

    let findings: [Finding]

    init(_ request: Request) {
        findings = [Self.signature(request)] + Self.event(request)
    }

    var isGood: Bool { findings.allSatisfy(\.isGood) }

    /// A line a check.
    var text: String {
        findings.map { "\($0.isGood ? "ok    " : "FAILED") \($0.check): \($0.words)\n" }.joined()
    }

    private static func signature(_ request: Request) -> Finding {
        guard let rejection = rejection(of: request) else {
            return Finding(check: "signature", isGood: true, words: "one of the keys matches")
        }
        return Finding(check: "signature", isGood: false, words: words(for: rejection, request))
    }

    private static func rejection(of request: Request) -> SignatureRejection? {
        guard let header = request.header else { return .notSigned }
        let verifier = SignatureVerifier(keys: request.keys, tolerance: request.tolerance)
        return request.body.withUnsafeBytes { body in
            Array(header.utf8).withUnsafeBytes { header in
                do throws(SignatureRejection) {
                    try verifier.verify(body: body, header: header, now: request.now)
                    return nil
                } catch {
                    return error
                }
            }
        }
    }

    private static func words(for rejection: SignatureRejection, _ request: Request) -> String {
        switch rejection {
        case .notSigned:
            "not signed. Zitadel signs calls of targets that have a key, in the header \(SignatureVerifier.headerName)"
        case .invalidHeader: "the header is not t=<unix seconds>,v1=<hexadecimal>"
        case .stale: "stale: signed \(distance(request)) before the time of the check, \(limit(request))"
        case .future: "from the future: signed \(distance(request)) after the time of the check, \(limit(request))"
        case .noValidSignature:
            "none of the \(request.keys.count) keys matches. The body must be the exact bytes that were sent, and the "
                + "key that of the target at the time of the event"
        }
    }

    private static func limit(_ request: Request) -> String {
        "which is \(WallClock.rfc3339(request.now * 1_000_000)); \(request.tolerance) s are allowed"
    }

    /// How far the stamp is from the time of the check. The last `t` counts.
    private static func distance(_ request: Request) -> String {
        let stamp = (request.header ?? "").split(separator: ",").last { $0.hasPrefix("t=") }
        guard let stamp, let seconds = Int64(stamp.dropFirst(2)) else { return "at an unknown time" }
        let (distance, overflow) = request.now.subtractingReportingOverflow(seconds)
        return overflow ? "an age" : "\(distance.magnitude) s"
    }

    private static func event(_ request: Request) -> [Finding] {
        request.body.withUnsafeBytes { body in
            var event = ZitadelEvent()
            var scanner = JSONScanner()
            do throws(ZitadelEventError) {
                try event.read(webhook: body, using: &scanner)
            } catch {
                return [Finding(check: "event", isGood: false, words: "\(error)")]
            }
            return [
                Finding(
                    check: "event", isGood: true, words: "sequence \(event.sequence) of a \(event.aggregateType.text)"),
                instance(of: event, request.instanceID), type(of: event),
            ]
        }
    }

    private static func instance(of event: borrowing ZitadelEvent, _ expected: String?) -> Finding {
        guard let found = event.instanceID?.text, !found.isEmpty else {
            return Finding(check: "instance", isGood: false, words: "the event names none")
        }
        guard let expected else {
            return Finding(check: "instance", isGood: true, words: "\(found), not compared: set ZITADEL_INSTANCE_ID")
        }
        let isRight = found == UTF8Text(expected)
        return Finding(
            check: "instance", isGood: isRight, words: isRight ? "\(found)" : "\(found) instead of \(expected)")
    }

    private static func type(of event: borrowing ZitadelEvent) -> Finding {
        let type = event.type.text
        let row = type.bytes.withUnsafeBytes { Catalogue.row(forEvent: $0) }
        let words = row.map { "\(type) becomes \($0.type.name)" } ?? "\(type) is not in the catalogue: never published"
        return Finding(check: "type", isGood: row != nil, words: words)
    }
}
