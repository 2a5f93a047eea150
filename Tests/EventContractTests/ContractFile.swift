import Foundation
import TestSupport

/// A file of the contract pack. `UPDATE_SCHEMAS=1` in the environment writes anew what is made from the code.
enum ContractFile {
    static let isUpdating = ProcessInfo.processInfo.environment["UPDATE_SCHEMAS"] == "1"

    private static func url(_ path: String) -> URL { Fixtures.repository.appendingPathComponent(path) }

    static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: url(path)), as: UTF8.self)
    }

    static func write(_ text: String, to path: String) throws { try Data(text.utf8).write(to: url(path)) }

    static func object(_ path: String) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(contentsOf: url(path))) as? [String: Any] ?? [:]
    }

    /// One text for each JSON value, whatever the order of its members.
    static func canonical(_ value: Any) throws -> String {
        String(
            decoding: try JSONSerialization.data(
                withJSONObject: value, options: [.sortedKeys, .withoutEscapingSlashes]),
            as: UTF8.self)
    }
}
