@main enum DevBrokerMain { static func main() {} }
