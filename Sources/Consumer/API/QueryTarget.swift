import EventContract

/// The target of a request, taken apart: decoded segments of the path, and parameters.
struct QueryTarget {
    let segments: [UTF8Text]
    private let parameters: [(name: UTF8Text, value: UTF8Text)]

    /// - Parameter target: such as `/v1/users?org=1`. A `+` is a plus, not a blank: usernames have it (RFC 3986).
    init(_ target: String) throws(QueryProblem) {
        let bytes = Array(target.utf8)
        let path = bytes.prefix { $0 != UInt8(ascii: "?") }
        var segments: [UTF8Text] = []
        for segment in path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            segments.append(try Self.decoded(segment, "the path"))
        }
        self.segments = segments
        var parameters: [(UTF8Text, UTF8Text)] = []
        for part in bytes[path.endIndex...].dropFirst().split(separator: UInt8(ascii: "&")) {
            let name = part.prefix { $0 != UInt8(ascii: "=") }
            parameters.append(
                (try Self.decoded(name, "the query"), try Self.decoded(part[name.endIndex...].dropFirst(), "the query"))
            )
        }
        self.parameters = parameters
    }

    /// Refuses parameters that the resource does not have, and those that come twice.
    func allow(_ names: [UTF8Text]) throws(QueryProblem) {
        var seen: Set<UTF8Text> = []
        for (name, value) in parameters {
            guard names.contains(name) else {
                throw .badRequest("the parameter \(name) is unknown here: there is \(Self.list(names))")
            }
            guard seen.insert(name).inserted else { throw .badRequest("the parameter \(name) is there twice") }
            guard !value.isEmpty else { throw .badRequest("the parameter \(name) is empty") }
        }
    }

    subscript(name: UTF8Text) -> UTF8Text? { parameters.first { $0.name == name }?.value }

    func required(_ name: UTF8Text) throws(QueryProblem) -> UTF8Text {
        guard let value = self[name] else { throw .badRequest("the parameter \(name) is missing") }
        return value
    }

    /// The size of a page.
    func limit() throws(QueryProblem) -> Int {
        guard let text = self["limit"] else { return UserFilter.limitDefault }
        guard let limit = Int(text.description), UserFilter.limits.contains(limit) else {
            let (least, most) = (UserFilter.limits.lowerBound, UserFilter.limits.upperBound)
            throw .badRequest("the parameter limit is not a whole number from \(least) to \(most)")
        }
        return limit
    }

    /// Where a page of a history begins.
    func historyPlace() throws(QueryProblem) -> HistoryPlace? {
        guard let text = self["after"] else { return nil }
        guard let place = HistoryPlace(text) else { throw .badRequest("the parameter after is no next of a history") }
        return place
    }

    private static func list(_ names: [UTF8Text]) -> String {
        names.isEmpty ? "none" : names.map(\.description).joined(separator: ", ")
    }

    private static func decoded(_ text: ArraySlice<UInt8>, _ place: String) throws(QueryProblem) -> UTF8Text {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                throw .badRequest("\(place) has a % without two hexadecimal digits")
            }
            bytes.append(high << 4 | low)
        }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .badRequest("\(place) is not UTF-8") }
        return UTF8Text(bytes: bytes)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) }
    }
}
