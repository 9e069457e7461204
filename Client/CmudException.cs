namespace Cmud.Client;

/// <summary>Which promise of the store a call missed.</summary>
public enum CmudFailure
{
    /// <summary>What was given may not enter the store, or names something that is not there; nothing was stored.</summary>
    Refused,

    /// <summary>No server could be asked; nothing was stored.</summary>
    Unreachable,

    /// <summary>A Put or Delete was sent and no answer came: it may be stored or not. Do it again to be sure.</summary>
    OutcomeUnknown,

    /// <summary>The disk of the server has no room; nothing was stored. Reads go on, and another server may take the Put.</summary>
    StorageFull,

    /// <summary>A server answered with an error of its own.</summary>
    ServerError,

    /// <summary>A write that is stored was not shown everywhere it was waited for in time. It will be, once the servers can talk.</summary>
    NotYetVisible,
}

/// <summary>A call failed; the message is one sentence for a person, who needs no other to act.</summary>
public sealed class CmudException : Exception
{
    /// <summary>A failure, with its sentence.</summary>
    public CmudException(CmudFailure failure, string message, Exception? inner = null)
        : base(message, inner) => Failure = failure;

    /// <summary>Which promise was missed.</summary>
    public CmudFailure Failure { get; }
}
