namespace Cmud.Grains.Interfaces;

/// <summary>The disk of the server has no room for more; nothing was stored, reads go on, and another server may take the write.</summary>
[GenerateSerializer, Alias("cmud.StorageFullException")]
public sealed class StorageFullException : Exception
{
    /// <summary>The sentence where there is no better one.</summary>
    public StorageFullException()
        : base("The disk of the server is full; nothing was stored. Make room there, or use another server.")
    {
    }

    /// <summary>The one sentence.</summary>
    public StorageFullException(string message)
        : base(message)
    {
    }

    /// <summary>For serializers.</summary>
    public StorageFullException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
