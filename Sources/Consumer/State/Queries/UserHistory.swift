package import EventContract

/// An event whose facts the state still holds about a user: names of fields, never their values.
package struct HistoryEntry: Equatable, Sendable {
    /// `<aggregate type>/<aggregate id>/<sequence>`.
    package let event: UTF8Text
    /// Creation in microseconds since 1970; nil where the state does not keep it.
    package var time: Int64?
    /// How the delivery came that was applied first; nil where that is not known.
    package var path: DeliveryPath?
    /// What the event said last, in the order of the export's members.
    package var facts: [UTF8Text] = []
    /// Of metadata, its key.
    package var metadataKey: UTF8Text?

    /// Where the entry stands in the history: by time, then by id. Unknown times come first.
    package var place: HistoryPlace { HistoryPlace(time: time ?? 0, event: event) }
}

/// A place in a history, behind which its next page begins.
package struct HistoryPlace: Comparable, Sendable {
    let time: Int64
    let event: UTF8Text

    package static func < (left: HistoryPlace, right: HistoryPlace) -> Bool {
        left.time == right.time ? left.event < right.event : left.time < right.time
    }

    /// `<microseconds>:<event id>`, what `init` reads.
    package var text: UTF8Text { UTF8Text(bytes: Array("\(time):".utf8) + event.bytes) }

    package init(time: Int64, event: UTF8Text) {
        self.time = time
        self.event = event
    }

    /// - Returns: nil for a text that `text` does not write.
    package init?(_ text: UTF8Text) {
        guard let colon = text.bytes.firstIndex(of: UInt8(ascii: ":")),
            let time = Int64(String(decoding: text.bytes[..<colon], as: UTF8.self))
        else { return nil }
        self.init(time: time, event: UTF8Text(bytes: Array(text.bytes[text.bytes.index(after: colon)...])))
    }
}

extension Register {
    /// The fact as a history names it: as the export's member where there is one.
    var historyName: UTF8Text {
        switch self {
        case .created: "created"
        case .removed, .removedAt: "removed"
        case .state: "state"
        case .metadataCleared: "metadataCleared"
        case .value: "metadata"
        case .roleKeys: "roleKeys"
        case .label: "label"
        case .name: "name"
        case .domain: "domain"
        case .username: "username"
        case .firstName: "firstName"
        case .lastName: "lastName"
        case .nickName: "nickName"
        case .displayName: "displayName"
        case .preferredLanguage: "preferredLanguage"
        case .gender: "gender"
        case .email: "email"
        case .emailVerified: "emailVerified"
        case .phone: "phone"
        case .phoneVerified: "phoneVerified"
        case .description: "description"
        }
    }
}
