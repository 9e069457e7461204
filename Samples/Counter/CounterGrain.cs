namespace Cmud.Samples.Counter;

/// <summary>Counts.</summary>
[Alias("cmud.samples.ICounterGrain")]
public interface ICounterGrain : IGrainWithStringKey
{
    /// <summary>Adds to the count.</summary>
    [Alias("Add")]
    ValueTask Add(int amount);

    /// <summary>The count.</summary>
    [Alias("Get")]
    ValueTask<int> Get();
}

/// <summary>Keeps its count in memory for as long as it is in use; inject an IPersistentState to keep it longer.</summary>
public sealed class CounterGrain : Grain, ICounterGrain
{
    private int _count;

    /// <inheritdoc/>
    public ValueTask Add(int amount)
    {
        _count += amount;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<int> Get() => ValueTask.FromResult(_count);
}
