using Cmud.Game;

namespace Cmud.Tests.Unit.Game;

/// <summary>The store of a client that dies between two writes: the one is in the store, the next is never made, nor is anything else.</summary>
internal sealed class MortalStore(IWorldStore inner) : IWorldStore
{
    private int? _left;

    /// <summary>Whether the client is dead.</summary>
    public bool IsDead { get; private set; }

    /// <summary>Keys whose writes are lost, as a fault that a test plants; none unless set.</summary>
    public Func<string, bool> Loses { get; set; } = static _ => false;

    /// <summary>Lets the client die in place of its next write but so many.</summary>
    public void DieAfter(int writes) => _left = writes;

    /// <summary>Lets the client die at once.</summary>
    public void Die() => IsDead = true;

    public ValueTask<string?> Get(string key, CancellationToken cancellationToken)
    {
        Live();
        return inner.Get(key, cancellationToken);
    }

    public ValueTask Put(string key, string value, CancellationToken cancellationToken)
    {
        if (_left-- == 0) IsDead = true;
        Live();
        return Loses(key) ? default : inner.Put(key, value, cancellationToken);
    }

    public IAsyncEnumerable<KeyValuePair<string, string>> List(string prefix, CancellationToken cancellationToken)
    {
        Live();
        return inner.List(prefix, cancellationToken);
    }

    private void Live()
    {
        if (IsDead) throw new OperationCanceledException("The client died.");
    }
}
