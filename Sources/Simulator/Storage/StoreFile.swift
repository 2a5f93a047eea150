import Foundation
import Glibc

/// The file that keeps events, targets and executions between two runs: one line for each change, only appended.
///
/// An event is fields between tabs, which its texts cannot hold; reading 200,000 of them as JSON would take long.
final class StoreFile: Sendable {
    enum Entry: Sendable {
        case event(StoredEvent)
        case target(ActionTarget)
        case targetRemoved(String)
        /// Without targets it is dropped.
        case execution(Execution)
    }

    private let path: String
    private let descriptor: Int32

    init(path: String) throws(SimulatorError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .invalid("\(path) cannot be opened: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// The entries of a file; a last line that a crash cut off is removed.
    static func entries(path: String) throws(SimulatorError) -> [Entry] {
        guard let data = FileManager.default.contents(atPath: path) else { throw .invalid("\(path) cannot be read") }
        let complete = data.lastIndex(of: UInt8(ascii: "\n")).map { data[...$0] } ?? data[..<0]
        if complete.count < data.count { truncate(path, complete.count) }
        var entries: [Entry] = []
        for (index, line) in complete.split(separator: UInt8(ascii: "\n")).enumerated() {
            guard let entry = entry(line) else { throw .invalid("\(path):\(index + 1) is no entry of a store") }
            entries.append(entry)
        }
        return entries
    }

    /// Appends them in one write: all of a transaction or, after a crash, less than its last line.
    func append(_ entries: [Entry]) throws(SimulatorError) {
        guard !entries.isEmpty else { return }
        var text = ""
        for entry in entries { text += Self.line(entry) + "\n" }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .unavailable("\(path) cannot be written") }
            rest = rest.dropFirst(count)
        }
    }

    private static func line(_ entry: Entry) -> String {
        switch entry {
        case .event(let event):
            let numbers = "\(event.sequence)\t\(event.createdAt)\t\(event.placeInTransaction)"
            let aggregate = "\(event.aggregate.type)\t\(event.aggregate.id)\t\(event.aggregate.resourceOwner)"
            return "E\t\(aggregate)\t\(numbers)\t\(event.type)\t\(event.editor)\t\(event.payload ?? "")"
        case .target(let target): return "T\t" + json(target)
        case .targetRemoved(let id): return "D\t" + id
        case .execution(let execution): return "X\t" + json(execution)
        }
    }

    private static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { preconditionFailure("Texts and numbers can be encoded.") }
        return String(decoding: data, as: UTF8.self)
    }

    private static func entry(_ line: Data) -> Entry? {
        let rest = line.dropFirst(2)
        switch line.first {
        case UInt8(ascii: "E"): return event(rest).map { .event($0) }
        case UInt8(ascii: "T"): return (try? JSONDecoder().decode(ActionTarget.self, from: rest)).map { .target($0) }
        case UInt8(ascii: "X"): return (try? JSONDecoder().decode(Execution.self, from: rest)).map { .execution($0) }
        case UInt8(ascii: "D"): return .targetRemoved(String(decoding: rest, as: UTF8.self))
        default: return nil
        }
    }

    private static func event(_ line: Data) -> StoredEvent? {
        let fields = line.split(separator: UInt8(ascii: "\t"), maxSplits: 8, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard fields.count == 9, let sequence = Int(fields[3]), let createdAt = Int64(fields[4]),
            let place = Int(fields[5])
        else { return nil }
        return StoredEvent(
            aggregate: Aggregate(type: fields[0], id: fields[1], resourceOwner: fields[2]), sequence: sequence,
            type: fields[6], createdAt: createdAt, editor: fields[7], payload: fields[8].isEmpty ? nil : fields[8],
            placeInTransaction: place)
    }
}
