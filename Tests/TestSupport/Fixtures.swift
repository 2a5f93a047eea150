package import Foundation

/// The golden inputs under `Tests/Fixtures`, described in its README.
package enum Fixtures {
    /// The root of the checkout, derived from this file so that tests run from any working directory.
    package static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// - Parameter name: path below `Tests/Fixtures`, such as `histories/small.jsonl`.
    package static func data(_ name: String) throws -> Data {
        try Data(contentsOf: repository.appendingPathComponent("Tests/Fixtures").appendingPathComponent(name))
    }

    /// Decodes a file with one JSON text per line.
    package static func lines<Line: Decodable>(_ name: String, as type: Line.Type = Line.self) throws -> [Line] {
        try data(name).split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(type, from: $0) }
    }
}
