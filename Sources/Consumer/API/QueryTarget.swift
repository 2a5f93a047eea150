import EventContract

/// The target of a request, taken apart: decoded segments of the path, and parameters.
struct QueryTarget {
    let segments: [UTF8Text]
    private let parameters: [Given]

    private struct Given {
        /// Nil for one that no resource has.
        let parameter: QueryParameter?
        let name: UTF8Text
        let value: UTF8Text
    }

    /// - Parameter target: such as `/v1/users?org=1`. A `+` is a plus, not a blank: usernames have it (RFC 3986).
    init(_ target: String) throws(QueryProblem) {
        let bytes = Array(target.utf8)
        let path = bytes.prefix { $0 != UInt8(ascii: "?") }
        var segments: [UTF8Text] = []
        for segment in path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            segments.append(try Self.decoded(segment, "the path"))
        }
        self.segments = segments
        var parameters: [Given] = []
        for part in bytes[path.endIndex...].dropFirst().split(separator: UInt8(ascii: "&")) {
            let end = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let name = try Self.decoded(part[..<end], "the query")
            let value = try Self.decoded(part[end...].dropFirst(), "the query")
            parameters.append(Given(parameter: QueryParameter(name), name: name, value: value))
        }
        self.parameters = parameters
    }

    /// Refuses parameters that the resource does not have, and those that come twice.
    func allow(_ allowed: [QueryParameter]) throws(QueryProblem) {
        for (index, given) in parameters.enumerated() {
            guard let parameter = given.parameter, allowed.contains(parameter) else {
                throw .badRequest("the parameter \(given.name) is unknown here: there is \(Self.list(allowed))")
            }
            guard !parameters[..<index].contains(where: { $0.parameter == parameter }) else {
                throw .badRequest("the parameter \(given.name) is there twice")
            }
            guard !given.value.isEmpty else { throw .badRequest("the parameter \(given.name) is empty") }
        }
    }

    subscript(parameter: QueryParameter) -> UTF8Text? { parameters.first { $0.parameter == parameter }?.value }

    func required(_ parameter: QueryParameter) throws(QueryProblem) -> UTF8Text {
        guard let value = self[parameter] else {
            throw .badRequest("the parameter \(parameter.rawValue) is missing")
        }
        return value
    }

    /// The size of a page.
    func limit() throws(QueryProblem) -> Int {
        guard let text = self[.limit] else { return UserFilter.limitDefault }
        guard let limit = Int(text.description), UserFilter.limits.contains(limit) else {
            let (least, most) = (UserFilter.limits.lowerBound, UserFilter.limits.upperBound)
            throw .badRequest("the parameter limit is not a whole number from \(least) to \(most)")
        }
        return limit
    }

    /// Where a page of a history begins.
    func historyPlace() throws(QueryProblem) -> HistoryPlace? {
        guard let text = self[.after] else { return nil }
        guard let place = HistoryPlace(text) else { throw .badRequest("the parameter after is no next of a history") }
        return place
    }

    private static func list(_ parameters: [QueryParameter]) -> String {
        parameters.isEmpty ? "none" : parameters.map(\.rawValue).joined(separator: ", ")
    }

    private static func decoded(_ text: ArraySlice<UInt8>, _ place: String) throws(QueryProblem) -> UTF8Text {
        // Nearly everything comes as it is meant: there is nothing to decode, and ASCII is UTF-8.
        if text.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "%") }) { return UTF8Text(bytes: Array(text)) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
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
