/// The event types a release knows: what `POST /admin/v1/events/types/_search` lists and executions may name.
enum KnownEventTypes {
    static let all: [String] = families.flatMap { prefix, names in
        names.split(separator: " ").map { $0 == "-" ? prefix : "\(prefix).\($0)" }
    }.sorted()

    private static let families: [(prefix: String, names: String)] = [
        ("instance", "added changed removed domain.added domain.removed domain.primary.set default.org.set"),
        ("instance.member", "added changed removed cascade.removed"),
        ("org", "added changed deactivated reactivated removed"),
        ("org.domain", "added verification.added verification.failed verified primary.set removed"),
        ("org.member", "added changed removed cascade.removed"),
        ("org.metadata", "set removed removed.all"),
        ("project", "added changed deactivated reactivated removed"),
        ("project.role", "added changed removed"),
        ("project.member", "added changed removed cascade.removed"),
        ("project.grant", "added changed cascade.changed deactivated reactivated removed"),
        ("project.grant.member", "added changed removed cascade.removed"),
        ("project.application", "added changed deactivated reactivated removed config.oidc.added config.api.added"),
        (
            "user",
            "added selfregistered locked unlocked deactivated reactivated removed username.changed domain.claimed"
        ),
        ("user", "profile.changed email.changed email.verified phone.changed phone.removed phone.verified"),
        ("user", "address.changed signed.out initialization.code.added initialization.check.succeeded"),
        ("user", "token.added token.removed pat.added pat.removed impersonated password.changed"),
        ("user.metadata", "set removed removed.all"),
        ("user.human", "added selfregistered profile.changed address.changed signed.out"),
        ("user.human.email", "changed verified verification.failed code.added code.sent"),
        ("user.human.phone", "changed removed verified verification.failed code.added code.sent"),
        ("user.human.avatar", "added removed"),
        ("user.human.initialization", "code.added code.sent check.succeeded check.failed"),
        ("user.human.invite", "code.added code.sent check.succeeded check.failed"),
        ("user.human.password", "changed code.added code.sent check.succeeded check.failed hash.updated"),
        ("user.human.externalidp", "added removed cascade.removed id.migrated username.changed"),
        ("user.human.externallogin", "check.succeeded"),
        ("user.human.mfa.otp", "added verified removed check.succeeded check.failed"),
        ("user.human.mfa.u2f.token", "added verified removed"),
        ("user.human.passwordless.token", "added verified removed"),
        ("user.human.refresh.token", "added renewed removed"),
        ("user.machine", "added changed key.added key.removed secret.set secret.updated secret.removed"),
        ("user.grant", "added changed removed cascade.changed cascade.removed deactivated reactivated"),
        ("session", "added user.checked password.checked token.set terminated"),
        ("target", "added changed removed"),
        ("execution", "v2.set removed"),
    ]
}
