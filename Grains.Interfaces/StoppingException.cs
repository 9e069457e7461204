namespace Cmud.Grains.Interfaces;

/// <summary>The server was told to stop and takes no more writes, since nobody would get them from it; nothing was stored, and another server takes them.</summary>
[GenerateSerializer, Alias("cmud.StoppingException")]
public sealed class StoppingException : Exception
{
    /// <summary>The one sentence.</summary>
    public StoppingException()
        : base("The server is stopping and takes no more writes; nothing was stored. Use another server, or this one when it is back.")
    {
    }

    /// <summary>For serializers.</summary>
    public StoppingException(string message)
        : base(message)
    {
    }

    /// <summary>For serializers.</summary>
    public StoppingException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
