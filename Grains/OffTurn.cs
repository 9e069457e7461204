namespace Cmud.Grains;

/// <summary>How grains of a server call one another: never from within a turn.</summary>
/// <remarks>
/// What hands a stateless worker its messages (Orleans 10.4.2, <c>StatelessWorkerGrainContext.RunMessageLoop</c>) goes on in the turn of the grain whose call woke it, and waits for that
/// grain's turns from then on, for as long as the silo lives. One call by the sync grain from within a turn, and no query is answered any more while the sync grain has one: 512 Puts on their way stood still for 30 ms, nine times a second.
/// </remarks>
internal static class OffTurn
{
    /// <summary>Makes a call outside of the turn that it is asked for in.</summary>
    /// <param name="grain">Whom to call; found in the turn, where the runtime allows it.</param>
    /// <param name="call">Makes the call.</param>
    public static Task<T> Call<TGrain, T>(TGrain grain, Func<TGrain, ValueTask<T>> call) => Task.Run(() => call(grain).AsTask());

    /// <inheritdoc cref="Call{TGrain, T}"/>
    public static Task Call<TGrain>(TGrain grain, Func<TGrain, ValueTask> call) => Task.Run(() => call(grain).AsTask());
}
