import EventContract

/// Why bytes are no poll cursor.
enum PollCursorError: Error, Equatable, Sendable {
    case tooLarge(bytes: Int)
    case notJSON(JSONError)
    /// Written by a later version of the bridge, perhaps.
    case unknownVersion(Int64)
    case member(String)
}

extension PollCursorError: CustomStringConvertible {
    var description: String {
        switch self {
        case .tooLarge(let bytes): "a poll cursor of \(bytes) bytes; at most \(PollCursor.sizeMax) are read"
        case .notJSON(let error): "a poll cursor that is not JSON: \(error)"
        case .unknownVersion(let version):
            "a poll cursor of version \(version), written by a later bridge; this one reads version 1: run that one, "
                + "or delete the record to read everything again"
        case .member(let name): "a poll cursor whose member \(name) is missing, unknown or wrong"
        }
    }
}

/// `{"v":1,"sweep":"…","cursors":[{"time":"…","types":["…"]}]}`, sorted by time and by type.
extension PollCursor {
    /// Largest text that is read, in bytes; every type of the catalogue at a time of its own takes 5 KB.
    static let sizeMax = 65_536

    /// The canonical text: equal cursors give equal bytes.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.literal("{\"v\":1,")
        if let lastSweep {
            writer.literal("\"sweep\":")
            writer.string(UTF8Text(lastSweep.description))
            writer.literal(",")
        }
        writer.literal("\"cursors\":[")
        let groups = Dictionary(grouping: times.keys) { times[$0] ?? .epoch }.sorted { $0.key < $1.key }
        for (index, group) in groups.enumerated() {
            writer.literal(index == 0 ? "{\"time\":" : ",{\"time\":")
            writer.string(UTF8Text(group.key.description))
            writer.literal(",\"types\":[")
            for (index, type) in group.value.map({ UTF8Text($0) }).sorted().enumerated() {
                if index > 0 { writer.literal(",") }
                writer.string(type)
            }
            writer.literal("]}")
        }
        writer.literal("]}")
        return writer.bytes
    }

    /// Reads what `json` writes, members in any order. Types that this version does not know are kept.
    init(json: [UInt8]) throws(PollCursorError) {
        guard json.count <= Self.sizeMax else { throw .tooLarge(bytes: json.count) }
        var reading = PollCursorReading()
        var failure: JSONError?
        json.withUnsafeBytes { text in
            var scanner = JSONScanner()
            scanner.start(text)
            do throws(JSONError) {
                try scanner.document { (name, scanner) throws(JSONError) in try reading.member(name, &scanner) }
            } catch {
                failure = error
            }
        }
        if let failure { throw .notJSON(failure) }
        guard let version = reading.version else { throw reading.wrongMember.map { .member($0) } ?? .member("v") }
        guard version == 1 else { throw .unknownVersion(version) }
        if let name = reading.wrongMember { throw .member(name) }
        guard reading.hasCursors else { throw .member("cursors") }
        self = reading.cursor
    }
}

/// What was read of a cursor's text. The version decides whether anything that was wrong with the rest matters.
private struct PollCursorReading {
    var version: Int64?
    var cursor = PollCursor()
    var hasCursors = false
    var wrongMember: String?

    mutating func member(_ name: JSONText, _ scanner: inout JSONScanner) throws(JSONError) {
        switch true {
        case name == "v": version = try scanner.value().positiveInteger
        case name == "sweep":
            cursor.lastSweep = try time(&scanner)
            if cursor.lastSweep == nil { wrongMember = "sweep" }
        case name == "cursors" && scanner.nextByte() == UInt8(ascii: "["):
            hasCursors = true
            try scanner.array { (scanner) throws(JSONError) in try group(&scanner) }
        default:
            _ = try scanner.value()
            wrongMember = "of an unknown name, or cursors,"
        }
    }

    private mutating func group(_ scanner: inout JSONScanner) throws(JSONError) {
        guard scanner.nextByte() == UInt8(ascii: "{") else {
            _ = try scanner.value()
            wrongMember = "cursors"
            return
        }
        var time: EventTime?
        var types: [String] = []
        try scanner.object { (name, scanner) throws(JSONError) in
            switch true {
            case name == "time": time = try self.time(&scanner)
            case name == "types" && scanner.nextByte() == UInt8(ascii: "["):
                try scanner.array { (scanner) throws(JSONError) in
                    guard let type = try scanner.value().string, !type.isEmpty else { return wrongMember = "types" }
                    types.append(type.text.description)
                }
            default:
                _ = try scanner.value()
                wrongMember = "cursors"
            }
        }
        guard let time, types.allSatisfy({ cursor.times[$0] == nil }), Set(types).count == types.count else {
            return wrongMember = "cursors"
        }
        cursor.advance(types, to: time)
    }

    private func time(_ scanner: inout JSONScanner) throws(JSONError) -> EventTime? {
        try scanner.value().string.flatMap { EventTime($0.raw) }
    }
}

/// The keys of the records in the cursor topic that belong to one instance and one events topic.
///
/// Another topic has other keys, so it begins with the whole history.
struct CursorKeys: Equatable, Sendable {
    let instanceID: String
    let topic: String

    /// Of the poll cursor's record.
    var cursor: [UInt8] { Array("\(instanceID)/\(topic)".utf8) }

    /// Of the records by which replicas that do not poll ask for a poll.
    var catchUp: [UInt8] { Array("\(instanceID)/\(topic)/catch-up".utf8) }

    /// Of the cursor of a backfill, so that it can go on where it was stopped.
    ///
    /// - Parameter since: nil for the beginning of history.
    func backfill(since: EventTime?) -> [UInt8] {
        Array("\(instanceID)/\(topic)/backfill/\(since.map(\.description) ?? "beginning")".utf8)
    }
}
