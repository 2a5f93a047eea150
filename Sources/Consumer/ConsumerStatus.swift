import ServiceRuntime

/// The answer of `/status`: where the consumer stands, for a person. Alerts belong on `/metrics`.
struct ConsumerStatus: Sendable {
    let configuration: ConsumerConfiguration
    let metrics: ConsumerMetrics
    let processor: ProcessorStatus
    /// nil: there is no change stream.
    let stream: StreamStatus?

    /// `{"topic":"…","group":"…","state":"/path/of/state.db","records":{"applied":1,…},…,"lag":0,"partitions":[…]}`.
    /// Records are counted since the start of the process.
    var json: String {
        var json = JSONOutput()
        json.openObject()
        json.member("topic", configuration.topic)
        json.member("group", configuration.groupID)
        json.member("state", configuration.state.place)
        json.name("records")
        json.openObject()
        for outcome in RecordOutcome.allCases { json.member(outcome.rawValue, metrics.outcomes[outcome].value) }
        json.closeObject()
        processor.write(to: &json)
        if let topic = configuration.stateTopic { stream?.write(topic, to: &json) }
        json.closeObject()
        return json.text
    }
}
