namespace Cmud.Grains.Interfaces;

/// <summary>The disk of the server failed as it wrote, and the server stops: the write may be stored or not.</summary>
[GenerateSerializer, Alias("cmud.StorageFailedException")]
public sealed class StorageFailedException : Exception
{
    /// <summary>The sentence where there is no better one.</summary>
    public StorageFailedException()
        : base("The disk of the server failed, and the server stops: the write may be stored or not.")
    {
    }

    /// <summary>The one sentence.</summary>
    public StorageFailedException(string message)
        : base(message)
    {
    }

    /// <summary>For serializers.</summary>
    public StorageFailedException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
