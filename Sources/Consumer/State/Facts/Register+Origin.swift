import EventContract

/// When the event of a fact was stored by Zitadel, and the way on which its first delivery came, in one integer.
///
/// Kept beside the facts of users for their history. It decides nothing: no rule and no export looks at it.
struct FactOrigin: Equatable {
    /// Microseconds since 1970.
    var time: Int64
    /// nil where the record did not say.
    var path: DeliveryPath?

    init(time: Int64, path: DeliveryPath?) {
        self.time = time
        self.path = path
    }

    /// - Parameter stored: 0 for a fact without an origin of its own.
    init?(stored: Int64) {
        if stored == 0 { return nil }
        self.init(time: stored >> Self.pathBits, path: DeliveryPath(rawValue: UInt8(stored & Self.pathMask)))
    }

    var stored: Int64 { time << Self.pathBits | Int64(path?.rawValue ?? 0) }

    private static let pathBits: Int64 = 3
    private static let pathMask: Int64 = 7
}

extension CanonicalEvent {
    var origin: FactOrigin { FactOrigin(time: time.microsecondsSinceEpoch, path: path) }

    /// What a birth sets beside its creation has that one's origin: a 0 takes no room.
    var isBirth: Bool { type == .userCreated || type == .userGrantAdded }
}

extension Register {
    /// The column of the fact's origin, in tables that keep it; nil for what another register tells too.
    var origin: Column? {
        switch self {
        case .created: .createdOrigin
        case .removed: .removedOrigin
        case .state: .stateOrigin
        case .metadataCleared: .metadataClearedOrigin
        case .value: .valueOrigin
        case .roleKeys: .roleKeysOrigin
        case .name: .nameOrigin
        case .username: .usernameOrigin
        case .firstName: .firstNameOrigin
        case .lastName: .lastNameOrigin
        case .nickName: .nickNameOrigin
        case .displayName: .displayNameOrigin
        case .preferredLanguage: .preferredLanguageOrigin
        case .gender: .genderOrigin
        case .email: .emailOrigin
        case .emailVerified: .emailVerifiedOrigin
        case .phone: .phoneOrigin
        case .phoneVerified: .phoneVerifiedOrigin
        case .description: .descriptionOrigin
        case .removedAt, .label, .domain: nil
        }
    }
}

extension Column {
    /// Whether it says how a fact came, not what it is: two deliveries of one event may differ in it.
    var isOrigin: Bool { rawValue.hasSuffix("_origin") }
}
