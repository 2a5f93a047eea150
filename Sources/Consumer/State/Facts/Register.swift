/// The smallest unit of the state: one fact of one row, of which the newest known one is kept.
///
/// Registers are what makes the state free of order. A register takes a fact only when its rank is higher than that of
/// the fact it holds, and "higher" does not depend on what arrived first.
package enum Register: UInt8, CaseIterable, Sendable {
    /// The newest birth: a user's create, a grant's `added`. It sets every other register of the row to its default,
    /// so nothing from before a rebirth can show.
    case created
    /// The newest removal by sequence: decides whether the row's life has ended.
    case removed
    /// The youngest removal by time: decides what it ends in other aggregates.
    case removedAt
    case state, metadataCleared, value, roleKeys, label, name, domain
    case username, firstName, lastName, nickName, displayName, preferredLanguage, gender
    case email, emailVerified, phone, phoneVerified, description

    /// The column that holds the rank of the fact; 0 means that no fact has arrived.
    package var rankColumn: String {
        switch self {
        case .created: "created_seq"
        case .removed: "removed_seq"
        case .removedAt: "removed_time"
        case .state: "state_seq"
        case .metadataCleared: "metadata_cleared_seq"
        case .value: "value_seq"
        case .roleKeys: "role_keys_seq"
        case .label: "label_seq"
        case .name: "name_seq"
        case .domain: "domain_seq"
        case .username: "username_seq"
        case .firstName: "first_name_seq"
        case .lastName: "last_name_seq"
        case .nickName: "nick_name_seq"
        case .displayName: "display_name_seq"
        case .preferredLanguage: "preferred_language_seq"
        case .gender: "gender_seq"
        case .email: "email_seq"
        case .emailVerified: "email_verified_seq"
        case .phone: "phone_seq"
        case .phoneVerified: "phone_verified_seq"
        case .description: "description_seq"
        }
    }
}

/// A set of registers of one row.
package struct RegisterSet: Hashable, Sendable {
    /// One bit per register, at the place of its raw value.
    private var bits: UInt32

    private init(bits: UInt32) { self.bits = bits }

    package init(_ registers: Register...) {
        bits = registers.reduce(0) { $0 | Self.bit($1) }
    }

    package var isEmpty: Bool { bits == 0 }
    package var count: Int { bits.nonzeroBitCount }

    /// How many members of the set come before `register`: its place among them.
    package func position(of register: Register) -> Int { (bits & (Self.bit(register) &- 1)).nonzeroBitCount }

    package mutating func insert(_ register: Register) { bits |= Self.bit(register) }

    package mutating func remove(_ register: Register) { bits &= ~Self.bit(register) }

    package func contains(_ register: Register) -> Bool { bits & Self.bit(register) != 0 }

    package mutating func formUnion(_ other: RegisterSet) { bits |= other.bits }

    package func subtracting(_ other: RegisterSet) -> RegisterSet { RegisterSet(bits: bits & ~other.bits) }

    private static func bit(_ register: Register) -> UInt32 { 1 &<< UInt32(register.rawValue) }
}

extension RegisterSet: Sequence {
    /// Iterates the members in the order of their declaration.
    package struct Iterator: IteratorProtocol {
        private var rest: UInt32

        init(_ rest: UInt32) { self.rest = rest }

        package mutating func next() -> Register? {
            guard rest != 0 else { return nil }
            defer { rest &= rest &- 1 }
            return Register(rawValue: UInt8(truncatingIfNeeded: rest.trailingZeroBitCount))
        }
    }

    package func makeIterator() -> Iterator { Iterator(bits) }
}
