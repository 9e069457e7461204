namespace Cmud.Replication.Sync;

/// <summary>What went from this server's sync grain to one receiver and came back from it, since the server started.</summary>
public sealed class PairCounters
{
    /// <summary>Messages sent.</summary>
    public long MessagesSent { get; internal set; }

    /// <summary>Bytes sent, encoded; 0 for local receivers, whose messages are not encoded.</summary>
    public long BytesSent { get; internal set; }

    /// <summary>Bytes of entries (key, value and overhead) in what was sent; stands still while converged.</summary>
    public long DataBytesSent { get; internal set; }

    /// <summary>Entries sent.</summary>
    public long EntriesSent { get; internal set; }

    /// <summary>Messages received.</summary>
    public long MessagesReceived { get; internal set; }

    /// <summary>Bytes received, encoded.</summary>
    public long BytesReceived { get; internal set; }

    /// <summary>Entries received.</summary>
    public long EntriesReceived { get; internal set; }

    /// <summary>Entries received that were known already: the redundancy of the protocol.</summary>
    public long EntriesKnown { get; internal set; }
}
