/// Which user metadata keys are forwarded.
package enum MetadataKeyFilter: Equatable, Sendable {
    case all
    case only([UTF8Text])

    /// - Parameter keys: as configured; `*` among them means all.
    package init(_ keys: [String]) {
        self = keys.contains("*") ? .all : .only(keys.map { UTF8Text($0) })
    }

    func forwards(_ key: JSONText) -> Bool {
        switch self {
        case .all: true
        case .only(let keys): keys.contains(key.text)
        }
    }
}
