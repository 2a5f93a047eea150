import Foundation

/// Webhook bodies from a file, delivered as they are: JSON lines with a member `webhook` that holds the body's text.
struct History: Sendable {
    private(set) var bodies: [String]

    init(contentsOf path: String) throws(SimulatorError) {
        guard let data = FileManager.default.contents(atPath: path) else { throw .invalid("\(path) cannot be read") }
        try self.init(data, path: path)
    }

    /// - Parameter path: for the messages.
    init(_ data: Data, path: String) throws(SimulatorError) {
        struct Line: Decodable { var webhook: String }
        let decoder = JSONDecoder()
        bodies = []
        for (index, line) in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        where !line.isEmpty {
            guard let line = try? decoder.decode(Line.self, from: line) else {
                throw .invalid("\(path):\(index + 1) is no JSON object with a text `webhook`")
            }
            bodies.append(line.webhook)
        }
    }

    /// Delivers each body a second time with this probability, right behind the first.
    mutating func duplicate(probability: Double, using generator: inout SeededGenerator) {
        var result: [String] = []
        for body in bodies {
            result.append(body)
            if Double.random(in: 0..<1, using: &generator) < probability { result.append(body) }
        }
        bodies = result
    }

    mutating func shuffle(using generator: inout SeededGenerator) {
        bodies.shuffle(using: &generator)
    }
}
